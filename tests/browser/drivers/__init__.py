"""The programs that show forms in these tests, and what a person does in them."""
