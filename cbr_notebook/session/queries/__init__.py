"""What a session can be asked: the service's lists as DataFrames."""
