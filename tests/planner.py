"""Plan for one call of Snakemake after another, each in a fork of this process, which has imported what takes long.

A line on standard input is JSON: the words after `snakemake`, the folder to stand in, the environment, and the file
for what it says. The answer is its exit status. Nothing of the checkout is imported before the fork, so that each call
reads its own.
"""

import gc
import json
import os
import sys

import snakemake.cli
import torchvision  # noqa: F401

if __name__ == "__main__":
    gc.freeze()  # a fork that looks through what was imported would copy it
    for line in sys.stdin:
        words, folder, environment, output = json.loads(line)
        child = os.fork()
        if child == 0:
            file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1)
            os.dup2(file, 2)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            sys.argv[1:] = words
            snakemake.cli.main(words)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
