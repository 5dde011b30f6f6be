import { escapeControls } from '@ack-secret-manager/core'
import { type Logger, pino } from 'pino'
import { humanDuration } from './human-duration.ts'

/** Fields that name the object of a line; a text line starts with the first one present. */
const SUBJECTS = ['resource', 'store'] as const

/** A text with spaces would look like several fields. */
const NEEDS_QUOTES = /[\s"]|^$/

/** Sink for log lines. */
export interface LogDestination {
  write(line: string): void
}

/**
 * Logs one JSON object per line (`level`, `time`, `message`, usually `resource` as namespace/name), or one text line. Control
 * characters are escaped, because names and error messages are untrusted. A worker transport would break in the bundle.
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
  const rest = Object.entries(facts)
    .filter(([key]) => key !== subject)
    .map(([key, value]) => formatField(key, value))
  const text = textOf(String(message), subject === undefined ? '' : String(facts[subject]))
  return [time, String(level).toUpperCase().padEnd(5), text, ...rest].join(' ')
}

/** A message that begins with the object. Errors of a store name it themselves. */
function textOf(message: string, subject: string): string {
  const isNamed = [':', ' '].some((end) => message.startsWith(subject + end))
  return subject === '' || isNamed ? message : `${subject}: ${message}`
}

function formatField(key: string, value: unknown): string {
  if (typeof value === 'number' && key.endsWith('Ms')) return `${key.slice(0, -2)}=${humanDuration(value)}`
  return `${key}=${typeof value === 'string' && !NEEDS_QUOTES.test(value) ? value : JSON.stringify(value)}`
}
