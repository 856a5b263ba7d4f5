"""What a function does that may start processes."""
import os, subprocess, signal, sys

def handler(event, context):
    kind, argument = event
    if kind == "run":
        done = subprocess.run(argument, capture_output=True, text=True)
        return [done.returncode, done.stdout]
    if kind == "terminate":
        child = subprocess.Popen(["sleep", "60"])
        child.terminate()
        return child.wait()
    if kind == "write":
        with open(argument, "w") as file:
            file.write("#!/bin/sh\necho reached\n")
        os.chmod(argument, 0o755)
        try:
            return subprocess.run([argument], capture_output=True, text=True).stdout
        except OSError as error:
            return type(error).__name__
    if kind == "bomb":
        made = []
        try:
            while len(made) < 1000:
                child = os.fork()
                if child == 0:
                    signal.pause()
                made.append(child)
        except OSError as error:
            return [len(made), type(error).__name__]
        finally:
            for child in made:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
        return len(made)
    if kind == "leave":
        # It leaves session and parent, and keeps no descriptor.
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 64)
                os.execvp("sleep", ["sleep", argument])
            os._exit(0)
        return os.wait()[1]
    if kind == "exit":
        os._exit(argument)
    if kind == "signal":
        signal.signal(argument, signal.SIG_DFL) if argument != signal.SIGKILL else None
        os.kill(os.getpid(), argument)
        signal.pause()
