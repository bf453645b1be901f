"""Exports of models to formats of other programs: ONNX, MATLAB, NumPy, safetensors."""
