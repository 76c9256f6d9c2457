// SPDX-License-Identifier: Apache-2.0
// The channel gate (ECA, arXiv:1910.03151): a sum over the image, a convolution along the channels, and the product.
//
// The factors are known after the last pixel, so the image waits for them in a FIFO as long as the image: the stream
// `data` of `gate`. Its depth is set with the other FIFOs of the design; no layer here holds an image.
#ifndef JETFLOW_GATE_H_
#define JETFLOW_GATE_H_

#include "hls_stream.h"
#include "nnet_common.h"

namespace jetflow {

// `n_pixels` is rows x columns of the image.
struct gate_config {
    static const unsigned n_pixels = 1;
    static const unsigned n_chan = 1;
};

struct channel_conv_config {
    static const unsigned n_chan = 1;
    static const unsigned n_taps = 1; // odd
};

// The sum of all pixels, one word an image. One pixel a clock; `accum_t` holds every partial sum.
template <class data_T, class res_T, typename CONFIG_T>
void global_sum(hls::stream<data_T> &data, hls::stream<res_T> &res) {
    typename CONFIG_T::accum_t sum[CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=sum complete

Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        const data_T x = data.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t before = i == 0 ? typename CONFIG_T::accum_t(0) : sum[c];
            sum[c] = before + x[c];
            y[c] = sum[c];
        }
        if (i == CONFIG_T::n_pixels - 1) {
            res.write(y);
        }
    }
}

// y[c] = sum of weights[k] * x[c + k - n_taps / 2], zero beyond the ends. One channel a clock, so n_taps multipliers.
template <class data_T, class res_T, typename CONFIG_T>
void channel_conv(hls::stream<data_T> &data, hls::stream<res_T> &res, typename CONFIG_T::weight_t weights[CONFIG_T::n_taps]) {
    #pragma HLS ARRAY_PARTITION variable=weights complete
    const unsigned half = CONFIG_T::n_taps / 2;

    data_T x;
    PRAGMA_DATA_PACK(x)
    res_T y;
    PRAGMA_DATA_PACK(y)

Channels:
    for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
        #pragma HLS PIPELINE II = 1
        if (c == 0) {
            x = data.read();
        }
        typename CONFIG_T::accum_t sum = 0;
    Taps:
        for (unsigned k = 0; k < CONFIG_T::n_taps; k++) {
            #pragma HLS UNROLL
            if (c + k >= half && c + k - half < CONFIG_T::n_chan) {
                sum += x[c + k - half] * weights[k];
            }
        }
        y[c] = sum;
        if (c == CONFIG_T::n_chan - 1) {
            res.write(y);
        }
    }
}

// Each channel of each pixel times the channel's factor, of which one word arrives an image. One pixel a clock;
// exact in `accum_t`, rounded once to the result's type.
template <class data_T, class factor_T, class res_T, typename CONFIG_T>
void gate(hls::stream<data_T> &data, hls::stream<factor_T> &factors, hls::stream<res_T> &res) {
    factor_T factor;
    PRAGMA_DATA_PACK(factor)

Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        if (i == 0) {
            factor = factors.read();
        }
        const data_T x = data.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t exact = x[c] * factor[c];
            y[c] = exact;
        }
        res.write(y);
    }
}

} // namespace jetflow
#endif
