"""
Which feature gates Kubernetes has, since when and until when: what a control plane's configuration can name.

Source: gardener pkg/utils/validation/features/featuregates.go at v1.150.0-dev (2026-08), which has them from
kubernetes test/compatibility_lifecycle/reference/versioned_feature_list.yaml up to Kubernetes 1.36; read 2026-11.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from provisioner.api.text import did_you_mean, show
from provisioner.gardener.versions import read_version

NEWEST = (1, 36)
"""The newest minor version of Kubernetes that the table knows."""

_TABLE = """
-    -    -        APIResponseCompression APIServerIdentity CPUManagerPolicyAlphaOptions CPUManagerPolicyBetaOptions
-    -    -        CSIVolumeHealth CloudControllerManagerWebhook ClusterTrustBundle ContainerCheckpoint
-    -    -        CrossNamespaceVolumeDataSource CustomCPUCFSQuotaPeriod EventedPLEG GracefulNodeShutdown
-    -    -        GracefulNodeShutdownBasedOnPodPriority HPAScaleToZero KubeletInUserNamespace
-    -    -        LocalStorageCapacityIsolationFSQuotaMonitoring MatchLabelKeysInPodTopologySpread
-    -    -        MaxUnavailableStatefulSet MemoryQoS OpenAPIEnums PodAndContainerStatsFromCRI PodDeletionCost
-    -    -        QOSReserved RotateKubeletServerCertificate StorageVersionAPI StorageVersionHash
-    -    -        TopologyManagerPolicyAlphaOptions TopologyManagerPolicyBetaOptions UnauthenticatedHTTP2DOSMitigation
-    -    -        WatchList WindowsHostNetwork
-    -    on:1.29  SELinuxMountReadWriteOncePod
-    -    on:1.30  ContextualLogging PodSchedulingReadiness
-    -    on:1.31  LogarithmicScaleDown
-    -    on:1.32  TopologyManagerPolicyOptions
-    -    on:1.33  AnyVolumeDataSource CPUManagerPolicyOptions NodeInclusionPolicyInPodTopologySpread
-    -    on:1.34  APIServerTracing KubeletTracing MultiCIDRServiceAllocator NodeSwap WinDSR WinOverlay
-    -    on:1.35  DynamicResourceAllocation ExecProbeTimeout
-    -    on:1.36  KubeletPodResourcesDynamicResources KubeletPodResourcesGet NodeLogQuery ProcMountType
-    1.31 -        CSIMigrationRBD InTreePluginAWSUnregister InTreePluginAzureDiskUnregister
-    1.31 -        InTreePluginAzureFileUnregister InTreePluginGCEUnregister InTreePluginOpenStackUnregister
-    1.31 -        InTreePluginRBDUnregister InTreePluginvSphereUnregister
-    1.31 on:1.29  APIPriorityAndFairness CSINodeExpandSecret CustomResourceValidationExpressions JobReadyPods
-    1.31 on:1.29  ReadWriteOncePod ServiceNodePortStaticSubrange
-    1.32 on:1.30  CloudDualStackNodeIPs StableLoadBalancerNodeSet ValidatingAdmissionPolicy
-    1.33 -        VolumeCapacityPriority
-    1.33 on:1.17  WatchBookmark
-    1.33 on:1.24  EfficientWatchResumption
-    1.33 on:1.26  CPUManager
-    1.33 on:1.29  APIListChunking RemainingItemCount
-    1.33 on:1.30  AdmissionWebhookMatchConditions AggregatedDiscoveryEndpoint
-    1.33 on:1.31  AppArmor DisableCloudProviders DisableKubeletCloudCredentialProviders JobPodFailurePolicy
-    1.33 on:1.31  PDBUnhealthyPodEvictionPolicy
-    1.34 on:1.31  ElasticIndexedJob PodDisruptionConditions StatefulSetStartOrdinal
-    1.35 -        ComponentSLIs
-    1.36 -        InTreePluginPortworxUnregister
-    1.36 on:1.33  CSIMigrationPortworx HonorPVReclaimPolicy TopologyAwareHints
-    1.36 off:1.33 WatchFromStorageWithoutResourceVersion
1.14 1.32 on:1.22  ServerSideApply
1.17 -    -        AllAlpha AllBeta
1.20 1.32 on:1.30  HPAContainerMetrics
1.20 1.35 on:1.32  SizeMemoryBackedVolumes
1.21 1.36 on:1.32  MemoryManager
1.23 1.32 on:1.27  ServerSideFieldValidation
1.23 1.35 on:1.32  StatefulSetAutoDeletePVC
1.24 1.32 on:1.28  NodeOutOfServiceVolumeDetach
1.24 1.32 on:1.30  MinDomainsInPodTopologySpread
1.25 1.32 on:1.29  KMSv2
1.25 1.32 on:1.30  NewVolumeManagerReconstruction
1.26 1.31 on:1.30  ConsistentHTTPGetHandlers
1.26 1.32 -        DRAControlPlaneController
1.27 -    on:1.35  InPlacePodVerticalScaling
1.28 -    -        KMSv1 PodReadyToStartContainersCondition UnknownVersionInteroperabilityProxy
1.28 -    on:1.33  CRDValidationRatcheting JobBackoffLimitPerIndex SidecarContainers
1.28 -    on:1.34  ConsistentListFromCache JobPodReplacementPolicy KubeletCgroupDriverFromCRI
1.28 -    on:1.34  RecoverVolumeExpansionFailure SchedulerQueueingHints
1.28 -    off:1.36 SeparateCacheWatchRPC
1.28 -    on:1.36  UserNamespacesSupport
1.28 1.31 -        DefaultHostNetworkHostPortsInPodTemplates SkipReadOnlyValidationGCE
1.28 1.32 on:1.29  KMSv2KDF
1.28 1.32 on:1.30  LegacyServiceAccountTokenCleanUp PodHostIPs
1.28 1.33 on:1.31  KubeProxyDrainingTerminatingNodes PersistentVolumeLastPhaseTransitionTime
1.28 1.34 on:1.31  DevicePluginCDIDevices
1.28 1.35 on:1.32  CronJobsScheduledAnnotation PodIndexLabel
1.29 -    -        ClusterTrustBundleProjection KubeletSeparateDiskGC RuntimeClassInImageCriApi
1.29 -    -        TranslateStreamCloseWebsocketRequests
1.29 -    on:1.32  ServiceAccountTokenJTI ServiceAccountTokenNodeBindingValidation ServiceAccountTokenPodNodeInfo
1.29 -    on:1.33  MatchLabelKeysInPodAffinity NFTablesProxyMode ServiceAccountTokenNodeBinding
1.29 -    on:1.34  PodLifecycleSleepAction SeparateTaintEvictionController StructuredAuthenticationConfiguration
1.29 -    on:1.35  ImageMaximumGCAge
1.29 -    on:1.36  DisableNodeKubeProxyVersion VolumeAttributesClass
1.29 1.32 on:1.30  ZeroLimitedNominalConcurrencyShares
1.29 1.35 -        UserNamespacesPodSecurityStandards
1.29 1.35 off:1.32 AllowServiceLBStatusOnNonLB
1.29 1.35 on:1.32  LoadBalancerIPMode
1.29 1.36 on:1.32  StructuredAuthorizationConfiguration
1.30 -    -        APIServingWithRoutine InformerResourceVersion MutatingAdmissionPolicy PortForwardWebsockets
1.30 -    -        SELinuxMount StorageNamespaceIndex StorageVersionMigrator WatchListClient
1.30 -    on:1.32  CustomResourceFieldSelectors RetryGenerateName
1.30 -    on:1.33  JobSuccessPolicy RecursiveReadOnlyMounts
1.30 -    on:1.34  RelaxedEnvironmentVariableValidation
1.30 -    on:1.35  JobManagedBy
1.30 1.33 on:1.31  AppArmorFields
1.30 1.35 on:1.32  StrictCostEnforcementForVAP StrictCostEnforcementForWebhooks
1.30 1.36 on:1.33  ServiceTrafficDistribution
1.31 -    -        AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests ConcurrentWatchObjectDecode
1.31 -    -        CoordinatedLeaderElection ReloadKubeletServerCertificateFile ResourceHealthStatus
1.31 -    -        WatchCacheInitializationPostStartHook
1.31 -    on:1.34  AnonymousAuthConfigurableEndpoints AuthorizeNodeWithSelectors AuthorizeWithSelectors
1.31 -    on:1.34  ResilientWatchCacheInitialization
1.31 -    on:1.35  DisableAllocatorDualWrite SupplementalGroupsPolicy
1.31 -    on:1.36  ImageVolume
1.32 -    -        AllowUnsafeMalformedObjectDeletion CBORServingAndStorage ComponentFlagz ComponentStatusz
1.32 -    -        DRAResourceClaimDeviceStatus InPlacePodVerticalScalingExclusiveCPUs KubeletCrashLoopBackOffMax
1.32 -    -        KubeletRegistrationGetOnExistsOnly PodLevelResources PodLogsQuerySplitStreams
1.32 -    -        PreferAlignCpusByUncoreCache RemoteRequestHeaderUID SchedulerAsyncPreemption
1.32 -    -        ServiceAccountNodeAudienceRestriction WindowsCPUAndMemoryAffinity WindowsGracefulNodeShutdown
1.32 -    on:1.33  BtreeWatchCache
1.32 -    on:1.34  PodLifecycleSleepActionAllowZero RelaxedDNSSearchValidation
1.32 -    off:1.35 AllowOverwriteTerminationGracePeriodSeconds
1.32 -    on:1.35  SystemdWatchdog
1.32 -    on:1.36  DRAAdminAccess ExternalServiceAccountTokenSigner KubeletFineGrainedAuthz SELinuxChangePolicy
1.32 1.36 -        InPlacePodVerticalScalingAllocatedStatus
1.33 -    -        AllowParsingUserUIDFromCertAuth ContainerStopSignals DRADeviceTaints DRAPartitionableDevices
1.33 -    -        DRAPrioritizedList DeclarativeValidationTakeover DeploymentReplicaSetTerminatingReplicas
1.33 -    -        DisableCPUQuotaWithExclusiveCPUs HPAConfigurableTolerance KubeletEnsureSecretPulledImages
1.33 -    -        KubeletServiceAccountTokenForCredentialProviders ListFromCacheSnapshot PodTopologyLabelsAdmission
1.33 -    -        ReduceDefaultCrashLoopBackOffDecay SchedulerPopFromBackoffQ StorageCapacityScoring
1.33 -    -        StrictIPCIDRValidation
1.33 -    on:1.34  OrderedNamespaceDeletion StreamingCollectionEncodingToJSON StreamingCollectionEncodingToProtobuf
1.33 -    on:1.35  AggregatedDiscoveryRemoveBetaType PodObservedGenerationTracking PreferSameTrafficDistribution
1.33 -    on:1.36  DeclarativeValidation KubeletPSI MutableCSINodeAllocatableCount
1.33 -    off:1.36 GitRepoVolumeDriver
1.33 1.34 -        LegacySidecarContainers
1.34 -    -        ClearingNominatedNodeNameAfterBinding ContainerRestartRules DRAConsumableCapacity
1.34 -    -        DRADeviceBindingConditions DRAExtendedResource DRASchedulerFilterTimeout DetectCacheInconsistency
1.34 -    -        EnvFiles HostnameOverride InPlacePodVerticalScalingExclusiveMemory
1.34 -    -        KubeletPodResourcesListUseActivePods MatchLabelKeysInPodTopologySpreadSelectorMerge
1.34 -    -        NominatedNodeNameForExpectation PodCertificateRequest PreventStaticPodAPIReferences
1.34 -    -        RelaxedServiceNameValidation SchedulerAsyncAPICalls SizeBasedListCostEstimate
1.34 -    -        StructuredAuthenticationConfigurationEgressSelector TokenRequestServiceAccountUIDValidation
1.34 1.35 on:1.34  ProbeHostPodSecurityStandards
1.35 -    -        AuthorizePodWebsocketUpgradeCreatePermission CRDObservedGenerationTracking
1.35 -    -        ChangeContainerStatusOnKubeletRestart CloudControllerManagerWatchBasedRoutesReconciliation
1.35 -    -        ConstrainedImpersonation DRADeviceTaintRules GangScheduling GenericWorkload
1.35 -    -        InPlacePodLevelResourcesVerticalScaling MutablePVNodeAffinity MutablePodResourcesForSuspendedJobs
1.35 -    -        MutableSchedulingDirectivesForSuspendedJobs NodeDeclaredFeatures OpportunisticBatching
1.35 -    -        RestartAllContainersOnContainerExits StructuredAuthenticationConfigurationJWKSMetrics
1.35 -    -        TaintTolerationComparisonOperators UserNamespacesHostNetworkSupport VolumeLimitScaling
1.35 -    on:1.36  CSIServiceAccountTokenSecrets
1.36 -    -        AllowServiceExternalIPs CRIListStreaming ControllerManagerReleaseLeaderElectionLockOnExit
1.36 -    -        DRAListTypeAttributes DRANodeAllocatableResources DRAResourceClaimGranularStatusAuthorization
1.36 -    -        DRAResourcePoolStatus DRAWorkloadResourceClaims DeclarativeValidationBeta ExtendWebSocketsToKubelet
1.36 -    -        ImageVolumeWithDigest InPlacePodVerticalScalingInitContainers ManifestBasedAdmissionControlConfig
1.36 -    -        NativeHistograms PLEGOnDemandRelist PersistentVolumeClaimUnusedSinceTime PodLevelResourceManagers
1.36 -    -        PodsAPI ReloadKubeletClientCAFile ResourceHealthStatusMessage ServiceCIDRStatusFieldWiping
1.36 -    -        ShardedListAndWatch StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob
1.36 -    -        StaleControllerConsistencyReplicaSet StaleControllerConsistencyStatefulSet
1.36 -    -        TopologyAwareWorkloadScheduling WorkloadAwarePreemption WorkloadWithJob
"""
"""
Per line: the version that added the gates, the one that removed them, `on` or `off` with the version since which they
cannot be anything else, and their names. A hyphen stands for always, never, and free.
"""

_Minor = tuple[int, int]


class FeatureGate(NamedTuple):
    """The versions of Kubernetes in which a feature gate exists, and can be chosen."""

    added: _Minor | None
    """The first one that has it; None if all that Gardener ever ran have it."""
    removed: _Minor | None
    """The first one that does not have it any more."""
    locked: _Minor | None
    """The first one in which it has `locked_value` and no other."""
    locked_value: bool


def judge_feature_gate(name: str, value: bool, version: str) -> tuple[bool, str, str] | None:
    """
    Return what is wrong with a feature gate in a version of Kubernetes: whether it is one, detail and fix; else None.

    Without a readable version only the name counts. In a version newer than the table, a name that the table does not
    have may be one of Kubernetes' new ones.
    """
    found, gate = read_version(version), _gates().get(name)
    minor = None if found is None else found[:2]
    if gate is None:
        if minor is not None and minor > NEWEST:
            return None
        fix = did_you_mean(name, _gates()) or "remove it"
        return False, f"{show(name)} is not a feature gate of Kubernetes", fix
    detail = ""
    if minor is None:
        pass
    elif gate.removed is not None and minor >= gate.removed:
        detail = f"{show(name)} was removed in Kubernetes {_show(gate.removed)}"
    elif gate.added is not None and minor < gate.added:
        detail = f"{show(name)} came with Kubernetes {_show(gate.added)}"
    elif gate.locked is not None and minor >= gate.locked and value != gate.locked_value:
        detail = f"{show(name)} is always {show(gate.locked_value)} since Kubernetes {_show(gate.locked)}"
    return (True, f"{detail}, and the shoot has {show(version)}", "remove it") if detail else None


@cache
def _gates() -> dict[str, FeatureGate]:
    """Return every feature gate by its name."""
    gates: dict[str, FeatureGate] = {}
    for line in _TABLE.strip().splitlines():
        added, removed, lock, *names = line.split()
        value, _, locked = lock.partition(":")
        gate = FeatureGate(_minor(added), _minor(removed), _minor(locked or "-"), value == "on")
        gates.update(dict.fromkeys(names, gate))
    return gates


def _minor(text: str) -> _Minor | None:
    if text == "-":
        return None
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _show(minor: _Minor) -> str:
    return f"{minor[0]}.{minor[1]}"
