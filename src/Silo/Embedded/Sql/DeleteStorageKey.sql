DELETE FROM GrainState
WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND KeyLow = @GrainIdN0 AND KeyHigh = @GrainIdN1 AND KeyExtension = COALESCE(@GrainIdExtensionString, '')
    AND Version = @GrainStateVersion;

SELECT CASE WHEN changes() = 1 THEN @GrainStateVersion + 1 ELSE @GrainStateVersion END AS NewGrainStateVersion;
