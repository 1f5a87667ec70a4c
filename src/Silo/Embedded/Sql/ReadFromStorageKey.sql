SELECT Payload AS PayloadBinary, Version AS Version
FROM GrainState
WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND KeyLow = @GrainIdN0 AND KeyHigh = @GrainIdN1 AND KeyExtension = COALESCE(@GrainIdExtensionString, '');
