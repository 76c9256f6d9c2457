// SPDX-License-Identifier: Apache-2.0
// 2 x 2 average pooling with stride 2 of an image stream: a sum with two more fractional bits, then one rounding.
#ifndef JETFLOW_POOLING_H_
#define JETFLOW_POOLING_H_

#include "ap_shift_reg.h"
#include "hls_stream.h"
#include "nnet_common.h"

namespace jetflow {

// `padding` rows and columns of zeros on every side count as pixels. `sum_t` holds the sum of four pixels on the
// input's grid, `accum_t` the same mantissa with two more fractional bits: the exact average.
struct pooling_config {
    static const unsigned in_height = 2;
    static const unsigned in_width = 2;
    static const unsigned out_height = 1;
    static const unsigned out_width = 1;
    static const unsigned n_chan = 1;
    static const unsigned padding = 0;
};

// One pixel a clock (II = 1) over the padded image. Sums of two pixels of an upper row wait in `line`, half a row
// long, for the two below them. A last odd row or column that fills no window is read and dropped.
template <class data_T, class res_T, typename CONFIG_T>
void average_pool(hls::stream<data_T> &data, hls::stream<res_T> &res) {
    typedef typename CONFIG_T::sum_t sum_t;
    typedef typename CONFIG_T::accum_t accum_t;
    const unsigned height = CONFIG_T::in_height + 2 * CONFIG_T::padding;
    const unsigned width = CONFIG_T::in_width + 2 * CONFIG_T::padding;

    static ap_shift_reg<sum_t, CONFIG_T::out_width> line[CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=line complete dim=1
    sum_t left[CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=left complete

Rows:
    for (unsigned row = 0; row < height; row++) {
    Columns:
        for (unsigned column = 0; column < width; column++) {
            #pragma HLS LOOP_FLATTEN
            #pragma HLS PIPELINE II = 1
            const bool inside = row >= CONFIG_T::padding && row < CONFIG_T::padding + CONFIG_T::in_height &&
                                column >= CONFIG_T::padding && column < CONFIG_T::padding + CONFIG_T::in_width;
            const bool used = row < 2 * CONFIG_T::out_height && column < 2 * CONFIG_T::out_width;
            const bool right = used && column % 2 == 1;

            data_T pixel;
            PRAGMA_DATA_PACK(pixel)
            if (inside) {
                pixel = data.read();
            } else {
            Zero:
                for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
                    #pragma HLS UNROLL
                    pixel[c] = 0;
                }
            }

            res_T average;
            PRAGMA_DATA_PACK(average)
        Channels:
            for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
                #pragma HLS UNROLL
                if (right) {
                    const sum_t pair = left[c] + pixel[c];
                    const sum_t above = line[c].shift(pair);
                    const sum_t sum = above + pair; // of four pixels, where the row is a lower one
                    accum_t exact;
                    exact.range() = sum.range(); // a quarter: the same bits, the point two places further left
                    average[c] = exact;
                } else {
                    left[c] = pixel[c];
                }
            }
            if (right && row % 2 == 1) {
                res.write(average);
            }
        }
    }
}

} // namespace jetflow
#endif
