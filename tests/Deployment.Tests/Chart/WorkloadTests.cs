using k8s.Models;
using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>How pods run, are replaced and are found.</summary>
public sealed class WorkloadTests
{
    public static TheoryData<string> Matrix => Rendering.Matrix;

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Pods_AreConfined(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var workload in rendering.Workloads)
        {
            var pod = workload.Pod.Spec;
            Assert.Equal((true, "RuntimeDefault"), (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type));
            Assert.True(pod.SecurityContext.RunAsUser > 0, $"{workload}");
            Assert.Equal((false, false), (pod.AutomountServiceAccountToken, pod.EnableServiceLinks));
            Assert.Null(pod.HostNetwork);
            var security = workload.Container.SecurityContext;
            Assert.Equal((false, true), (security.AllowPrivilegeEscalation, security.ReadOnlyRootFilesystem));
            Assert.Equal(["ALL"], security.Capabilities.Drop);
            Assert.Null(security.Capabilities.Add);
            Assert.Null(security.Privileged);
            Assert.NotNull(workload.Container.Resources.Requests["cpu"]);
            Assert.NotNull(workload.Container.Resources.Limits["memory"]);
        }
    }

    [Theory]
    [InlineData("azure-values.yaml", true)]
    [InlineData("identity-values.yaml", false)]
    public async Task Root_IsOneContainerThatWasAskedFor(string values, bool isAsked)
    {
        var rendering = await Rendering.OfAsync(values);
        var before = rendering.Workloads.SelectMany(workload => workload.Pod.Spec.InitContainers ?? []).ToList();

        Assert.Equal(isAsked, before.Count > 0);
        Assert.All(
            before,
            container =>
            {
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.Equal(["CHOWN", "DAC_OVERRIDE"], container.SecurityContext.Capabilities.Add);
                Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
                Assert.Null(container.SecurityContext.Privileged);
            }
        );
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Processors_AreNotLimited_ForControl(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        var control = rendering.Silos.Single(silo => silo.Labels["app.kubernetes.io/component"] == "control");

        Assert.False(control.Container.Resources.Limits.ContainsKey("cpu"));
    }

    [Theory]
    [InlineData("azure-values.yaml")]
    [InlineData("small-values.yaml")]
    public async Task Rolling_ControlSurges_TrainersNever(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        var (control, trainers) = Split(rendering);

        Assert.All(control, one => Assert.Equal(("RollingUpdate", "1", "0"), Strategy(one)));
        Assert.All(trainers, one => Assert.Equal(("RollingUpdate", "0", "1"), Strategy(one)));
        Assert.NotEmpty(trainers);
    }

    [Fact]
    public async Task Recreate_OldAndNewNeverMeet()
    {
        var rendering = await Rendering.OfAsync("hosted-values.yaml");

        Assert.All(rendering.Of<V1Deployment>(), one => Assert.Equal("Recreate", one.Spec.Strategy.Type));
    }

    [Theory]
    [InlineData("azure-values.yaml", 3)]
    [InlineData("hosted-values.yaml", 2)]
    public async Task Stopped_NothingRunsOrScales_AndNothingElseGoes(string values, int deployments)
    {
        var running = await Rendering.OfAsync(values);
        var stopped = await Rendering.OfAsync(values, "stopped=true");

        Assert.Equal(Enumerable.Repeat<int?>(0, deployments), stopped.Of<V1Deployment>().Select(one => one.Spec.Replicas));
        Assert.DoesNotContain(stopped.Objects, one => one is ScaledObject or ScaledJob);
        Assert.Equal(
            running.Objects.Where(one => one is not (ScaledObject or ScaledJob)).Select(one => $"{one.Kind} {one.Metadata.Name}"),
            stopped.Objects.Select(one => $"{one.Kind} {one.Metadata.Name}")
        );
    }

    [Fact]
    public async Task Pools_TakeWhatTheyAreGiven_AndTheirDefaults()
    {
        var azure = await Rendering.OfAsync("azure-values.yaml");
        var gpu = azure.Silos.Single(silo => silo.Name == "oneshot-trainer-a100");
        var mig = azure.Silos.Single(silo => silo.Name == "oneshot-trainer-mig");

        Assert.Equal(["oneshot-control", "oneshot-trainer-a100", "oneshot-trainer-mig"], azure.Silos.Select(silo => silo.Name).Order(StringComparer.Ordinal));
        Assert.Equal("1", $"{gpu.Container.Resources.Limits["nvidia.com/gpu"]}");
        Assert.Equal("16Gi", $"{gpu.Container.Resources.Limits["memory"]}");
        Assert.Equal(("nvidia", "registry.example.org/oneshot:0.1.0-cuda"), (gpu.Pod.Spec.RuntimeClassName, gpu.Container.Image));
        Assert.Equal("nvidia.com/gpu", Assert.Single(gpu.Pod.Spec.Tolerations).Key);
        Assert.Equal("true", gpu.Labels["azure.workload.identity/use"]);
        Assert.Equal("1", $"{mig.Container.Resources.Limits["nvidia.com/mig-1g.10gb"]}");
        Assert.Equal("shared", mig.Owner.Metadata.Labels["kueue.x-k8s.io/queue-name"]);

        // What is nothing, but given, counts.
        var hosted = await Rendering.OfAsync("hosted-values.yaml");
        Assert.Equal(0, hosted.Of<V1Deployment>().Single(one => one.Metadata.Name == "oneshot-trainer-cpu").Spec.Replicas);
        Assert.DoesNotContain((await Rendering.OfAsync("identity-values.yaml")).Silos, silo => silo.Labels["app.kubernetes.io/component"] == "trainer");
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Selectors_FindTheirPodsAndNoOthers(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        var all = rendering.Workloads.ToList();

        Assert.All(
            all.Where(workload => workload.Selector is not null),
            workload => Assert.Equal([workload.Name], all.Where(other => other.IsPickedBy(workload.Selector!)).Select(other => other.Name))
        );
        foreach (var service in rendering.Of<V1Service>())
        {
            var pods = all.Where(workload => workload.IsPickedBy(new V1LabelSelector { MatchLabels = service.Spec.Selector })).ToList();
            var pod = Assert.Single(pods);
            Assert.All(service.Spec.Ports, port => Assert.Contains(port.TargetPort.Value, pod.Container.Ports.Select(known => known.Name)));
        }
    }

    [Theory]
    [InlineData("azure-values.yaml", 3)]
    [InlineData("hosted-values.yaml", 2)] // pods of a ScaledJob end by themselves
    [InlineData("identity-values.yaml", 0)]
    public async Task Budgets_LetOnePodOfEachKindGo(string values, int count)
    {
        var rendering = await Rendering.OfAsync(values);
        var budgets = rendering.Of<V1PodDisruptionBudget>().ToList();

        Assert.Equal(count, budgets.Count);
        Assert.All(
            budgets,
            budget =>
            {
                Assert.Equal(("1", "AlwaysAllow"), (budget.Spec.MaxUnavailable.Value, budget.Spec.UnhealthyPodEvictionPolicy));
                Assert.Null(budget.Spec.MinAvailable);
                Assert.Single(rendering.Silos, silo => silo.IsPickedBy(budget.Spec.Selector));
            }
        );
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task References_LeadToWhatIsThere(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        // Secrets of other makers are named by the values.
        var given = await File.ReadAllTextAsync(Path.Combine(Rendering.Chart, "ci", values), TestContext.Current.CancellationToken);
        var made = rendering.Objects.Select(one => $"{one.Kind}/{one.Metadata.Name}").ToHashSet();
        foreach (var workload in rendering.Workloads)
        {
            var volumes = workload.Pod.Spec.Volumes;
            var secrets = volumes
                .SelectMany(volume => volume.Projected?.Sources.Select(source => source.Secret.Name) ?? [])
                .Concat(volumes.Select(volume => volume.Secret?.SecretName).OfType<string>());
            var maps = volumes.Select(volume => volume.ConfigMap?.Name).OfType<string>();
            var claims = volumes.Select(volume => volume.PersistentVolumeClaim?.ClaimName).OfType<string>();

            Assert.All(secrets, name => Assert.True(made.Contains($"Secret/{name}") || given.Contains(name, StringComparison.Ordinal), $"{workload}: {name}"));
            Assert.All(maps, name => Assert.True(made.Contains($"ConfigMap/{name}") || given.Contains(name, StringComparison.Ordinal), $"{workload}: {name}"));
            Assert.All(claims, name => Assert.Contains($"PersistentVolumeClaim/{name}", made));
            var mounted = workload.Container.VolumeMounts.Concat((workload.Pod.Spec.InitContainers ?? []).SelectMany(one => one.VolumeMounts));
            var own = (workload.Owner as V1StatefulSet)?.Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name) ?? [];
            Assert.Equal(volumes.Select(volume => volume.Name).Concat(own).ToHashSet(), mounted.Select(mount => mount.Name).ToHashSet());
        }
    }

    [Theory]
    [InlineData("azure-values.yaml", "oneshot-trainer-a100", "1")]
    [InlineData("hosted-values.yaml", "oneshot-trainer-spot", "2")]
    public async Task Scaling_FollowsTheSlotsThatAreWanted_AndNeverTakesSilenceForZero(string values, string name, string slots)
    {
        var rendering = await Rendering.OfAsync(values);
        var trigger = Assert.Single(rendering.Of<ScaledObject>().SingleOrDefault()?.Spec.Triggers ?? rendering.Of<ScaledJob>().Single().Spec.Triggers);

        Assert.Equal(("prometheus", "false", slots), (trigger.Type, trigger.Metadata["ignoreNullValues"], trigger.Metadata["threshold"]));
        if (rendering.Of<ScaledObject>().SingleOrDefault() is { } scaled)
        {
            var target = rendering.Of<V1Deployment>().Single(one => one.Metadata.Name == scaled.Spec.ScaleTargetRef.Name);
            Assert.Equal((name, null), (target.Metadata.Name, target.Spec.Replicas));
            Assert.Equal("max(oneshot_slots_wanted{namespace=\"pictures\", pod=~\"oneshot-.*\"})", trigger.Metadata["query"]);
            Assert.Equal("currentReplicas", scaled.Spec.Fallback.Behavior);
            var away = scaled.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown;
            Assert.True(away.StabilizationWindowSeconds >= 600);
            Assert.Equal(1, Assert.Single(away.Policies).Value);
            return;
        }

        var job = rendering.Of<ScaledJob>().Single();
        Assert.Equal((name, 0, "Never"), (job.Metadata.Name, job.Spec.JobTargetRef.BackoffLimit, job.Spec.JobTargetRef.Template.Spec.RestartPolicy));
        Assert.Equal(("default", "gradual"), (job.Spec.ScalingStrategy.Strategy, job.Spec.Rollout.Strategy));
    }

    [Fact]
    public async Task Ingress_HasTls()
    {
        var ingress = (await Rendering.OfAsync("azure-values.yaml")).Of<V1Ingress>().Single();

        Assert.Equal(["oneshot.example.org"], Assert.Single(ingress.Spec.Tls).Hosts);
        Assert.Equal("oneshot-tls", ingress.Spec.Tls[0].SecretName);
        Assert.Equal("http", Assert.Single(ingress.Spec.Rules).Http.Paths.Single().Backend.Service.Port.Name);
    }

    private static (IReadOnlyList<V1Deployment> Control, IReadOnlyList<V1Deployment> Trainers) Split(Rendering rendering) =>
        (
            [.. rendering.Of<V1Deployment>().Where(one => one.Metadata.Labels["app.kubernetes.io/component"] == "control")],
            [.. rendering.Of<V1Deployment>().Where(one => one.Metadata.Labels["app.kubernetes.io/component"] == "trainer")]
        );

    private static (string, string, string) Strategy(V1Deployment deployment) =>
        (deployment.Spec.Strategy.Type, deployment.Spec.Strategy.RollingUpdate.MaxSurge.Value, deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
}
