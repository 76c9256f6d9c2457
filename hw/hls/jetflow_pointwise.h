// SPDX-License-Identifier: Apache-2.0
// Layers that turn each pixel into one pixel: scale and bias, PReLU with one slope a channel, hard sigmoid, a change of
// format.
#ifndef JETFLOW_POINTWISE_H_
#define JETFLOW_POINTWISE_H_

#include "hls_stream.h"
#include "nnet_common.h"

namespace jetflow {

// `n_pixels` is rows x columns of the image. Layers with multipliers take a pixel every `reuse` clocks, which share
// `n_multipliers` = n_chan / reuse, rounded up, of them.
struct pointwise_config {
    static const unsigned n_pixels = 1;
    static const unsigned n_chan = 1;
    static const unsigned reuse = 1;
    static const unsigned n_multipliers = 1;
};

// y = x * scale[c] + bias[c]: exact, rounded once to the result's type.
template <class data_T, class res_T, typename CONFIG_T>
void scale_bias(hls::stream<data_T> &data, hls::stream<res_T> &res, typename CONFIG_T::scale_t scale[CONFIG_T::n_chan],
                typename CONFIG_T::bias_t bias[CONFIG_T::n_chan]) {
    #pragma HLS ARRAY_PARTITION variable=scale complete
    #pragma HLS ARRAY_PARTITION variable=bias complete
    #pragma HLS ALLOCATION operation instances=mul limit=CONFIG_T::n_multipliers
Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = CONFIG_T::reuse
        const data_T x = data.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            y[c] = x[c] * scale[c] + bias[c];
        }
        res.write(y);
    }
}

// y = x where x > 0, else x * slope[c]: exact in `accum_t`, rounded once to the result's type.
template <class data_T, class res_T, typename CONFIG_T>
void prelu(hls::stream<data_T> &data, hls::stream<res_T> &res, typename CONFIG_T::slope_t slope[CONFIG_T::n_chan]) {
    #pragma HLS ARRAY_PARTITION variable=slope complete
    #pragma HLS ALLOCATION operation instances=mul limit=CONFIG_T::n_multipliers
Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = CONFIG_T::reuse
        const data_T x = data.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t scaled = x[c] * slope[c];
            const typename CONFIG_T::accum_t same = x[c];
            y[c] = x[c] > 0 ? same : scaled;
        }
        res.write(y);
    }
}

// clip(x / 4 + 1/2, 0, 1). `quarter_t` has the bits of x with two more of them behind the point: x / 4, exactly.
template <class data_T, class res_T, typename CONFIG_T>
void hard_sigmoid(hls::stream<data_T> &data, hls::stream<res_T> &res) {
Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        const data_T x = data.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const ap_ufixed<1, 0> half = 0.5;
            typename CONFIG_T::quarter_t quarter;
            quarter.range() = x[c].range();
            typename CONFIG_T::accum_t exact = 0;
            if (x[c] >= 2) {
                exact = 1;
            } else if (x[c] > -2) {
                exact = quarter + half;
            }
            y[c] = exact;
        }
        res.write(y);
    }
}

// The same values in the result's type, by its rounding and overflow; exact in `accum_t`. One pixel a clock.
template <class data_T, class res_T, typename CONFIG_T>
void requantise(hls::stream<data_T> &data, hls::stream<res_T> &res) {
Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        const data_T x = data.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t exact = x[c];
            y[c] = exact;
        }
        res.write(y);
    }
}

} // namespace jetflow
#endif
