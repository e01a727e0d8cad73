"""What people do with an archive: cut-out pictures, the order of review, look-alikes, backups. It prints nothing."""
