// Registration of each file's operations; false when TensorFlow refuses one.

#pragma once

namespace prospect {

bool register_rms_norm();
bool register_swiglu();
bool register_rotary();
bool register_softmax();
bool register_logits();
bool register_flat();
bool register_product();
bool register_adapted();
bool register_attention();

}  // namespace prospect
