"""From records to the columns of a DataFrame: with Arrow, or with pandas alone."""
