"""What every measurement uses: clock, row, result, machine, sizes, servers."""
