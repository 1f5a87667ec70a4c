-- A new state is inserted only by a caller that knows of none; an existing one is replaced only by a caller that knows its version. The provider takes the caller's own version
-- (null included) in return for a conflict, so the second statement always gives a row.
INSERT INTO GrainState (ServiceId, GrainType, KeyLow, KeyHigh, KeyExtension, Version, Payload, Modified)
SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, COALESCE(@GrainIdExtensionString, ''), 1, @PayloadBinary, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE @GrainStateVersion IS NULL OR EXISTS (
    SELECT 1 FROM GrainState
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND KeyLow = @GrainIdN0 AND KeyHigh = @GrainIdN1 AND KeyExtension = COALESCE(@GrainIdExtensionString, ''))
ON CONFLICT (ServiceId, GrainType, KeyLow, KeyHigh, KeyExtension) DO UPDATE
SET Version = GrainState.Version + 1, Payload = excluded.Payload, Modified = excluded.Modified
WHERE GrainState.Version = @GrainStateVersion;

SELECT CASE WHEN changes() = 1 THEN COALESCE(@GrainStateVersion, 0) + 1 ELSE @GrainStateVersion END AS NewGrainStateVersion;
