namespace OrleansOneShot.Storage;

/// <summary>Why a store did not do what it was asked to.</summary>
public enum ArtifactStoreFault
{
    /// <summary>It can't be reached or can't answer now: the same call may work later.</summary>
    Unreachable = 0,

    /// <summary>It does not allow this: a wrong key, no permission, or a read-only store. Somebody has to change that.</summary>
    Denied = 1,

    /// <summary>Its container does not exist and may not be created.</summary>
    Missing = 2,

    /// <summary>It refused the request for another reason, which the message carries.</summary>
    Refused = 3,
}
