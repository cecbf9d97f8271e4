"""What a backup protects: servers, disks, file systems."""
