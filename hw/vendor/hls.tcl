# SPDX-License-Identifier: Apache-2.0
# Vitis HLS or Vivado HLS on the project that lies beside this file. By hand, from its folder:
#     vitis-run --mode hls --tcl build_prj.tcl        (or vitis_hls -f build_prj.tcl, vivado_hls -f build_prj.tcl)
# runs synthesis. `jetflow synth` sets `steps`, a list of csim csynth cosim export, and sources this file; csim and cosim
# read the vectors.bin beside it, which `jetflow synth` writes too.
set here [file dirname [file normalize [info script]]]
source [file join $here project.tcl]
if {![info exists steps]} {
    set steps {csynth}
}
set vectors [file join $here vectors.bin]

open_project ${project_name}_prj
set_top $project_name
add_files firmware/${project_name}.cpp -cflags "-std=c++0x"
add_files -tb ${project_name}_test.cpp -cflags "-std=c++0x"
add_files -tb firmware/weights
open_solution "solution1"
set_part $part
create_clock -period $clock_period -name default
set_clock_uncertainty $clock_uncertainty default
catch {config_array_partition -maximum_size $maximum_size} ;# Vivado HLS only
config_compile -name_max_length 80

foreach step $steps {
    puts "JETFLOW: $step"
    switch $step {
        csim { csim_design -argv $vectors }
        csynth { csynth_design }
        cosim { cosim_design -rtl verilog -argv $vectors }
        export { export_design -format ip_catalog -rtl verilog -version $version }
        default { error "unknown step $step" }
    }
}
exit
