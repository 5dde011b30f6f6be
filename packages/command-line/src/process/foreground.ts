import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Columns of `/proc/self/stat` after the name of the program. */
const PROCESS_GROUP = 2
const FOREGROUND_GROUP = 5
const STANDARD_STREAMS = [0, 1, 2]

/** Whether a terminal sends the signals of its keys, such as Ctrl-C, to this process and to the programs that it starts. */
export function isInForeground(): boolean {
  try {
    return isForegroundStat(readFileSync('/proc/self/stat', 'latin1'))
  } catch {
    // Another system than Linux tells only which streams are terminals.
    return STANDARD_STREAMS.some((stream) => isatty(stream))
  }
}

/** Whether a process is in the foreground group of its terminal. Pure. @param stat content of `/proc/PID/stat` */
export function isForegroundStat(stat: string): boolean {
  // The name may contain spaces and parentheses.
  const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return columns[PROCESS_GROUP] === columns[FOREGROUND_GROUP]
}
