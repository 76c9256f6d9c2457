# SPDX-License-Identifier: Apache-2.0
# Vivado on the open RTL, out of context: synthesis, placement, routing, two reports. `jetflow synth` sets the variables
# top, part, clock_ns, sources (a list of files) and sources this file in the folder that the reports go to.
set_param general.maxThreads 8
read_verilog -sv $sources
synth_design -top $top -part $part -mode out_of_context -flatten_hierarchy rebuilt
create_clock -period $clock_ns -name clock [get_ports aclk]
opt_design
place_design
phys_opt_design
route_design
report_utilization -file utilization.rpt
report_timing_summary -file timing.rpt
write_checkpoint -force routed.dcp
