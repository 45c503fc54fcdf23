"""What this computer has. One module per thing that is probed; nothing is ever guessed."""
