@echo off
rem Runs oneshot; builds it first when its sources have changed. The working directory stays the caller's; Ctrl-C and the exit code are the program's own.
setlocal
where dotnet >nul 2>nul
if errorlevel 1 (
  echo oneshot needs the .NET 10 SDK: https://dotnet.microsoft.com/download 1>&2
  exit /b 1
)
set "ONESHOT_BUILD_ONLY=1"
powershell -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "%~dp0oneshot.ps1"
if errorlevel 1 exit /b 1
set "ONESHOT_BUILD_ONLY="
dotnet "%~dp0src\Cli\bin\Release\net10.0\oneshot.dll" %*
exit /b %errorlevel%
