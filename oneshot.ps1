# Runs oneshot; builds it first when its sources have changed. The working directory stays the caller's; the exit code is the program's own.
# No param block: whatever follows the script's name is the program's. With ONESHOT_BUILD_ONLY set it only builds, for oneshot.cmd.
$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$project = [IO.Path]::Combine($root, 'src', 'Cli')
$output = [IO.Path]::Combine($project, 'bin', 'Release', 'net10.0')
$app = Join-Path $output 'oneshot.dll'
$stamp = Join-Path $output '.built'
$kinds = '.cs', '.csproj', '.sql', '.targets', '.props', '.json', '.css'

if (-not (Get-Command dotnet -CommandType Application -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('oneshot needs the .NET 10 SDK: https://dotnet.microsoft.com/download')
    exit 1
}

function Test-Stale {
    if (-not ([IO.File]::Exists($stamp) -and [IO.File]::Exists($app))) { return $true }
    $built = [IO.File]::GetLastWriteTimeUtc($stamp)
    foreach ($file in [IO.Directory]::GetFiles($root, 'Directory.*') + (Join-Path $root 'global.json')) {
        if ([IO.File]::GetLastWriteTimeUtc($file) -gt $built) { return $true }
    }

    $folders = New-Object 'Collections.Generic.Stack[string]'
    $folders.Push((Join-Path $root 'src'))
    $folders.Push((Join-Path $root 'build'))
    while ($folders.Count -gt 0) {
        $folder = $folders.Pop()
        foreach ($file in [IO.Directory]::GetFiles($folder)) {
            if ($kinds -contains [IO.Path]::GetExtension($file) -and [IO.File]::GetLastWriteTimeUtc($file) -gt $built) { return $true }
        }

        foreach ($inner in [IO.Directory]::GetDirectories($folder)) {
            if ('bin', 'obj' -notcontains [IO.Path]::GetFileName($inner)) { $folders.Push($inner) }
        }
    }

    return $false
}

function Build-Program {
    [Console]::Error.WriteLine('Building oneshot ...')
    $started = [DateTime]::UtcNow
    # Windows PowerShell takes each line on a program's stderr for an error of its own.
    $ErrorActionPreference = 'Continue'
    # Build nodes and compiler servers would outlive this command and hold its streams open.
    $log = & dotnet build (Join-Path $project 'Cli.csproj') -c Release -v quiet -nologo -nodeReuse:false -p:UseSharedCompilation=false 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) {
        [Console]::Error.Write($log)
        exit 1
    }

    # As old as the beginning of the build: a file that changed meanwhile is built next time.
    [IO.File]::WriteAllText($stamp, '')
    [IO.File]::SetLastWriteTimeUtc($stamp, $started)
}

if (Test-Stale) {
    $folder = Join-Path $project 'obj'
    [void][IO.Directory]::CreateDirectory($folder)
    # Two at once would build into the same folder: the second waits, and finds it done.
    $held = $null
    while (-not $held) {
        try {
            $held = [IO.File]::Open((Join-Path $folder '.oneshot-build'), 'OpenOrCreate', 'ReadWrite', 'None')
        }
        catch [IO.IOException] {
            Start-Sleep -Milliseconds 200
        }
    }

    try {
        if (Test-Stale) { Build-Program }
    }
    finally {
        $held.Dispose()
    }
}

if ($env:ONESHOT_BUILD_ONLY) { exit 0 }
& dotnet $app @args
exit $LASTEXITCODE
