"""What is handed to others: publications for BI tools."""
