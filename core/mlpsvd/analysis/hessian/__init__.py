"""Second derivatives of the loss: Hessian blocks and products, eigenvalues, sharpness, rank of an update."""
