import { escapeControls } from '@ack-secret-manager/core'
import { type Logger, pino } from 'pino'
import { humanDuration } from './human-duration.ts'

/** Members that name the object of a line: the first that is there leads it. */
const SUBJECTS = ['resource', 'store'] as const

/** Where log lines go. */
export interface LogDestination {
  write(line: string): void
}

/**
 * One JSON object a line (`level`, `time`, `message`, and mostly `resource` as namespace/name), or a line for people.
 * Control characters are escaped in both, because names and answers come from others.
 * Written straight to its destination: a worker transport would not survive bundling.
 */
export function createLogger(
  { format, level }: { readonly format: 'json' | 'text'; readonly level: string },
  destination: LogDestination,
): Logger {
  return pino(
    {
      level,
      messageKey: 'message',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => destination.write(`${escapeControls(format === 'json' ? line.trimEnd() : textLine(line))}\n`) },
  )
}

function textLine(line: string): string {
  const { time, level, message, ...facts } = JSON.parse(line) as Record<string, unknown>
  const subject = SUBJECTS.find((name) => facts[name] !== undefined)
  const text = subject === undefined ? message : `${String(facts[subject])}: ${String(message)}`
  const rest = Object.entries(facts)
    .filter(([key]) => key !== subject)
    .map(([key, value]) => textFact(key, value))
  return [time, String(level).toUpperCase().padEnd(5), text, ...rest].join(' ')
}

function textFact(key: string, value: unknown): string {
  if (typeof value === 'number' && key.endsWith('Ms')) return `${key.slice(0, -2)}=${humanDuration(value)}`
  return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`
}
