SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder WHERE ServiceId = @ServiceId AND GrainId = @GrainId;
