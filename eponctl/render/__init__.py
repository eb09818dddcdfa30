"""What people see. The only folder that knows rich."""
