// SPDX-License-Identifier: Apache-2.0
// Padding of an image stream before a convolution: rows of zeros in eta, zeros or wrapped columns in phi.
//
// Rows are eta, columns are phi, phi fastest; one stream word is one pixel with all its channels.
// Both functions are one loop with one pixel a clock (II = 1) over the padded image.
#ifndef JETFLOW_PADDING_H_
#define JETFLOW_PADDING_H_

#include "ap_shift_reg.h"
#include "hls_stream.h"
#include "nnet_common.h"

namespace jetflow {

// What a generated configuration holds; `in_*` is the image, `pad_*` what is added around it.
struct padding_config {
    static const unsigned in_height = 1;
    static const unsigned in_width = 1;
    static const unsigned n_chan = 1;
    static const unsigned pad_top = 0;
    static const unsigned pad_bottom = 0;
    static const unsigned pad_left = 0;
    static const unsigned pad_right = 0;
};

// Zeros on every side. A pixel leaves in the clock in which it is read: no buffer.
template <class data_T, class res_T, typename CONFIG_T>
void pad_zero(hls::stream<data_T> &data, hls::stream<res_T> &res) {
    const unsigned height = CONFIG_T::pad_top + CONFIG_T::in_height + CONFIG_T::pad_bottom;
    const unsigned width = CONFIG_T::pad_left + CONFIG_T::in_width + CONFIG_T::pad_right;
Rows:
    for (unsigned row = 0; row < height; row++) {
    Columns:
        for (unsigned column = 0; column < width; column++) {
            #pragma HLS LOOP_FLATTEN
            #pragma HLS PIPELINE II = 1
            const bool inside = row >= CONFIG_T::pad_top && row < CONFIG_T::pad_top + CONFIG_T::in_height &&
                                column >= CONFIG_T::pad_left && column < CONFIG_T::pad_left + CONFIG_T::in_width;
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
            res.write(pixel);
        }
    }
}

// Zeros in eta, wrapped in phi: column -1 is the last column. The first word of a padded row is its last pixel, so
// each row waits one row time in a line buffer. The rows of zeros above the image leave while its first row arrives:
// with pad_top >= 1 the wrap costs no clock beyond the padded image itself.
//
// Three pieces hold the row that waits: `line`, a delay of exactly one row; `tail`, the last pixels of the row that
// arrives, which start the row that leaves next; `head`, the first pixels of the row that leaves, which end it.
template <class data_T, class res_T, typename CONFIG_T>
void pad_circular(hls::stream<data_T> &data, hls::stream<res_T> &res) {
    typedef typename data_T::value_type pixel_t;
    const unsigned width = CONFIG_T::pad_left + CONFIG_T::in_width + CONFIG_T::pad_right;
    const unsigned wait = CONFIG_T::pad_top == 0 ? 1 : 0;                        // row times before the first word
    const unsigned first = CONFIG_T::pad_top == 0 ? 0 : CONFIG_T::pad_top - 1;   // row time that reads image row 0
    const unsigned turns = wait + CONFIG_T::pad_top + CONFIG_T::in_height + CONFIG_T::pad_bottom;
    const unsigned n_tail = CONFIG_T::pad_left > 0 ? CONFIG_T::pad_left : 1;
    const unsigned n_head = CONFIG_T::pad_right > 0 ? CONFIG_T::pad_right : 1;

    static ap_shift_reg<pixel_t, CONFIG_T::in_width> line[CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=line complete dim=1
    static pixel_t tail[n_tail][CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=tail complete dim=0
    static pixel_t head[n_head][CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=head complete dim=0

Rows:
    for (unsigned turn = 0; turn < turns; turn++) {
    Columns:
        for (unsigned column = 0; column < width; column++) {
            #pragma HLS LOOP_FLATTEN
            #pragma HLS PIPELINE II = 1
            const bool middle = column >= CONFIG_T::pad_left && column < CONFIG_T::pad_left + CONFIG_T::in_width;
            const bool reads = middle && turn >= first && turn < first + CONFIG_T::in_height;
            const bool writes = turn >= wait;
            const unsigned row = turn - wait; // of the padded image; meaningless while nothing leaves
            const bool inside = row >= CONFIG_T::pad_top && row < CONFIG_T::pad_top + CONFIG_T::in_height;
            const unsigned x = column - CONFIG_T::pad_left; // column of the image, where `middle`

            data_T arriving;
            PRAGMA_DATA_PACK(arriving)
            if (reads) {
                arriving = data.read();
            } else {
            Idle:
                for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
                    #pragma HLS UNROLL
                    arriving[c] = 0;
                }
            }

            data_T pixel;
            PRAGMA_DATA_PACK(pixel)
        Channels:
            for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
                #pragma HLS UNROLL
                pixel_t leaving = 0;
                if (middle) {
                    leaving = line[c].shift(arriving[c]);
                    if (x < CONFIG_T::pad_right) {
                        head[x][c] = leaving;
                    }
                } else if (column < CONFIG_T::pad_left) {
                    leaving = tail[column][c];
                } else {
                    leaving = head[x - CONFIG_T::in_width][c];
                }
                pixel[c] = inside ? leaving : pixel_t(0);
            }
            if (writes) {
                res.write(pixel);
            }
            // `tail` is read in the first columns of a row time and filled in the last ones of the one before.
            if (middle && x + CONFIG_T::pad_left >= CONFIG_T::in_width) {
            Tail:
                for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
                    #pragma HLS UNROLL
                    tail[x + CONFIG_T::pad_left - CONFIG_T::in_width][c] = arriving[c];
                }
            }
        }
    }
}

} // namespace jetflow
#endif
