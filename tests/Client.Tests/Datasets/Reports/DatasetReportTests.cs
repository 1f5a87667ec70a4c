using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansOneShot.Client.Datasets.Reports;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Tests.Datasets.Reports;

/// <summary>What a report says of a run, in its three forms.</summary>
public sealed partial class DatasetReportTests
{
    private const string Evil = "=1+1 </script><script>alert('1, \"2\"')</script>\r\n & more";

    private static readonly DatasetRunStatus s_run = new()
    {
        Id = "r-1",
        Name = "products",
        Owner = "an<n>a",
        State = DatasetRunState.Finished,
        Version = 9,
        Items = 3,
        Counts = new DatasetCounts { Succeeded = 1, Failed = 2 },
        Created = new DateTimeOffset(2026, 11, 28, 1, 0, 0, TimeSpan.Zero),
        Finished = new DateTimeOffset(2026, 11, 28, 2, 0, 0, TimeSpan.Zero),
    };

    private static readonly DatasetItemStatus[] s_items =
    [
        new()
        {
            Number = 0,
            Id = "cat",
            State = DatasetItemState.Succeeded,
            Version = 3,
            Attempts = 1,
            Job = "r-1-0-1",
            Started = new DateTimeOffset(2026, 11, 28, 1, 0, 1, TimeSpan.Zero),
            Finished = new DateTimeOffset(2026, 11, 28, 1, 0, 42, TimeSpan.Zero),
            Seconds = 41.25,
            Metrics = new JobMetrics
            {
                Ia = 0.5,
                Ta = 0.25,
                PrototypeSimilarity = double.NaN,
                Objects =
                [
                    new ObjectMetrics
                    {
                        Token = "<cat>",
                        Class = "cat",
                        IaObject = 0.4,
                        IaCompared = 0.5,
                        IaClass = 0.25,
                    },
                    new ObjectMetrics
                    {
                        Token = "<dog>",
                        Class = "dog",
                        IaObject = 0.75,
                    },
                ],
            },
        },
        new()
        {
            Number = 1,
            Id = "dog",
            State = DatasetItemState.Failed,
            Version = 4,
            Error = new ErrorDetail(ErrorCodes.InvalidInput, Evil, "image", "Mend it."),
        },
        new()
        {
            Number = 2,
            Id = "vase",
            State = DatasetItemState.Failed,
            Version = 5,
            Attempts = 2,
            Error = new ErrorDetail(ErrorCodes.Failed, "It overflowed."),
        },
    ];

    [Fact]
    public async Task Csv_EachItem_IsALine_AndNoCellIsAFormula()
    {
        var lines = await WriteAsync(DatasetReportFormat.Csv);

        Assert.StartsWith("number,id,state,attempts,seconds,started,finished,ia,ta,ia_object,ia_class,", lines, StringComparison.Ordinal);
        Assert.Contains(
            "\r\n0,cat,succeeded,1,41.25,2026-11-28T01:00:01.0000000Z,2026-11-28T01:00:42.0000000Z,0.5,0.25,0.625,0.25,NaN,r-1-0-1,,,,,A note.\r\n",
            lines,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\r\n1,dog,failed,0,,,,,,,,,,invalid_input,image,\"'=1+1 </script><script>alert('1, \"\"2\"\"')</script>\r\n & more\",Mend it.,\r\n",
            lines,
            StringComparison.Ordinal
        );
        Assert.EndsWith("\r\n", lines, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=A1", "'=A1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@x", "'@x")]
    [InlineData("a=1", "a=1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("", "")]
    public void Cell_OfAText_IsNoFormula(string text, string cell) => Assert.Equal(cell, CsvReport.Cell(text));

    [Fact]
    public void Cell_OfANumber_IsThatNumber_AlsoBelowZero() => Assert.Equal(("-0.5", ""), (CsvReport.Cell(-0.5), CsvReport.Cell(null)));

    [Fact]
    public async Task Jsonl_EachLine_IsTheItemAsTheServerTellsIt_WithItsNotes()
    {
        var text = await WriteAsync(DatasetReportFormat.Jsonl);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();

        Assert.Equal(["cat", "dog", "vase"], lines.Select(line => (string)line["id"]!));
        Assert.Equal((0.5, "A note."), ((double)lines[0]["metrics"]!["ia"]!, (string)lines[0]["notes"]![0]!));
        Assert.Equal(("failed", Evil), ((string)lines[1]["state"]!, (string)lines[1]["error"]!["message"]!));
        Assert.False(lines[1].AsObject().ContainsKey("notes"));
    }

    [Fact]
    public async Task Html_WhatComesFromOutside_IsDataAndNeverMarkup()
    {
        var page = await WriteAsync(DatasetReportFormat.Html);

        Assert.Equal(2, Scripts().Count(page));
        Assert.DoesNotContain("alert('1", page, StringComparison.Ordinal);
        Assert.Contains("an&lt;n&gt;a", page, StringComparison.Ordinal);
        var data = JsonNode.Parse(Data().Match(page).Groups[1].Value)!;
        var fields = data["fields"]!.AsArray().Select(field => (string)field!).ToList();
        Assert.Equal(Evil, (string?)data["items"]![1]![fields.IndexOf("error")]);
        Assert.Equal((0.625, 0.25), ((double)data["items"]![0]![fields.IndexOf("like")]!, (double)data["items"]![0]![fields.IndexOf("plain")]!));
        Assert.All(data["items"]!.AsArray(), item => Assert.Equal(fields.Count, item!.AsArray().Count));
        Assert.Equal("{id}/sheet.png", (string?)data["links"]!["sheet"]);
    }

    [Fact]
    public async Task Html_ItsPolicy_AllowsItsOwnScriptAndStyleAlone()
    {
        var page = await WriteAsync(DatasetReportFormat.Html);

        var policy = Policy().Match(page).Groups[1].Value;
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.Contains($"script-src '{Hash(Script().Match(page).Groups[1].Value)}';", policy, StringComparison.Ordinal);
        Assert.Contains($"style-src '{Hash(Style().Match(page).Groups[1].Value)}';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Lead_OfARun_SaysWhatCameOfIt()
    {
        Assert.Equal("1 of 3 items have a result, 2 have failed.", HtmlReport.Lead(s_run));
        Assert.Equal("All 3 items have a result.", HtmlReport.Lead(s_run with { Counts = new DatasetCounts { Succeeded = 3 } }));
        Assert.Equal(
            "1,200 of 1,500 items have a result, none has failed, 300 are still to come.",
            HtmlReport.Lead(
                s_run with
                {
                    State = DatasetRunState.Running,
                    Items = 1500,
                    Counts = new DatasetCounts { Succeeded = 1200, Running = 2 },
                }
            )
        );
    }

    [Fact]
    public async Task Write_TenThousandItems_IsWrittenWhileItIsRead()
    {
        var written = new CountedStream();
        var most = 0L;
        async IAsyncEnumerable<DatasetItemStatus> ReadAsync()
        {
            for (var i = 0; i < 10_000; i++)
            {
                await Task.Yield();
                yield return s_items[1] with
                {
                    Number = i,
                };
                most = Math.Max(most, written.Waits(i * 100L));
            }
        }

        await new DatasetReport(s_run, ReadAsync()).WriteAsync(DatasetReportFormat.Html, written, TestContext.Current.CancellationToken);

        // Of each item some 200 bytes: no more than a buffer of them is kept back.
        Assert.InRange(most, 0, 400_000);
        Assert.True(written.Length > 1_000_000);
    }

    private static async Task<string> WriteAsync(DatasetReportFormat format)
    {
        using var output = new AsyncOnlyStream();
        var report = new DatasetReport(s_run, s_items.ToAsyncEnumerable()) { Notes = item => item.Id == "cat" ? ["A note."] : [] };
        await report.WriteAsync(format, output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    [GeneratedRegex("<script")]
    private static partial Regex Scripts();

    [GeneratedRegex("<script id=\"data\" type=\"application/json\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Data();

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex Style();

    [GeneratedRegex("http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"")]
    private static partial Regex Policy();

    /// <summary>As an answer over HTTP: who writes it at once is refused.</summary>
    private sealed class AsyncOnlyStream : MemoryStream
    {
        private bool _within;

        public override void Write(byte[] buffer, int offset, int count)
        {
            Assert.True(_within, "It is written to at once.");
            base.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _within = true;
            base.Write(buffer.ToArray(), 0, buffer.Length);
            _within = false;
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Counts what arrives.</summary>
    private sealed class CountedStream : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        /// <summary>Bytes that are kept back of those that must have come.</summary>
        public long Waits(long expected) => Math.Max(0, expected - _length);

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _length += count;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _length += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
