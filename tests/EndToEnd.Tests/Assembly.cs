using OrleansOneShot.EndToEnd.Tests.Support;

[assembly: AssemblyFixture(typeof(UninterruptedRun))]
