"""Keeps the libraries of a peer to one thread. Import it before the peer."""

import cv2
import onnxruntime

cv2.setNumThreads(1)


class OneThreadSession(onnxruntime.InferenceSession):
    """A session that computes on its caller's thread alone, whatever its maker asks for."""

    def __init__(self, model, sess_options=None, *arguments, **named) -> None:
        options = sess_options or onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        super().__init__(model, options, *arguments, **named)


onnxruntime.InferenceSession = OneThreadSession
