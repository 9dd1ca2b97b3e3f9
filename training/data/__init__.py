"""What is learnt from: photographs, masks, synthetic damage, the user's folders."""
