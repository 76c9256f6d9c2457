// SPDX-License-Identifier: Apache-2.0
// Two image streams of the same rows and columns into one: the sum, or the channels one after the other.
//
// One pixel a clock, one word of each stream at a time: a stream that runs ahead of the other waits in its FIFO.
#ifndef JETFLOW_MERGE_H_
#define JETFLOW_MERGE_H_

#include "hls_stream.h"
#include "nnet_common.h"

namespace jetflow {

// `n_pixels` is rows x columns; `n_chan` channels leave, of which `n_first` come from the first stream.
struct merge_config {
    static const unsigned n_pixels = 1;
    static const unsigned n_chan = 1;
    static const unsigned n_first = 1;
};

// Exact in `accum_t`, rounded once to the result's type.
template <class first_T, class second_T, class res_T, typename CONFIG_T>
void add(hls::stream<first_T> &first, hls::stream<second_T> &second, hls::stream<res_T> &res) {
Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        const first_T a = first.read();
        const second_T b = second.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    Channels:
        for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t exact = a[c] + b[c];
            y[c] = exact;
        }
        res.write(y);
    }
}

// The words' types may differ; each channel is exact in `accum_t`, then rounded once to the result's type.
template <class first_T, class second_T, class res_T, typename CONFIG_T>
void concatenate(hls::stream<first_T> &first, hls::stream<second_T> &second, hls::stream<res_T> &res) {
Pixels:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        const first_T a = first.read();
        const second_T b = second.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
    First:
        for (unsigned c = 0; c < CONFIG_T::n_first; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t exact = a[c];
            y[c] = exact;
        }
    Second:
        for (unsigned c = CONFIG_T::n_first; c < CONFIG_T::n_chan; c++) {
            #pragma HLS UNROLL
            const typename CONFIG_T::accum_t exact = b[c - CONFIG_T::n_first];
            y[c] = exact;
        }
        res.write(y);
    }
}

} // namespace jetflow
#endif
