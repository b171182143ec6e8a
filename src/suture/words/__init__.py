"""Every sentence that people read, and its translations; a reason is a code until it is shown."""
