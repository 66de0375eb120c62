"""The machine looks after itself: is it alive, is there room, is the second copy there, are its devices real."""
