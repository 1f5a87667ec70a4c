SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName;
