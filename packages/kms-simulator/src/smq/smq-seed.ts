import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'

const MAX_QUEUES = 100
const MAX_RULES = 20
const MAX_DELAY_MS = 3_600_000

/** Whether SMQ accepts a text as the name of a queue. */
export function isQueueName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]{0,119}$/.test(text)
}

const queueName = z.string().refine(isQueueName, 'letters, digits and hyphens only, at most 120')

/** A queue without its name, with the limits of the service. */
export const queueFields = {
  visibilityTimeoutSeconds: z.int().min(1).max(43_200).default(30),
  retentionSeconds: z.int().min(60).max(1_296_000).default(345_600),
  pollingWaitSeconds: z.int().min(0).max(30).default(0),
  deadLetter: z.strictObject({ queue: queueName, maxReceiveCount: z.int().min(1).max(1_000) }).optional(),
}

const queueSchema = z.strictObject({ name: queueName, ...queueFields })

/** Families of events of KMS. */
export const EVENT_FAMILIES = ['rotation', 'apiCall'] as const

/** See {@link EVENT_FAMILIES}. */
export type EventFamily = (typeof EVENT_FAMILIES)[number]

const ruleSchema = z.strictObject({
  queue: queueName,
  base64: z.boolean().default(false),
  delay: z
    .string()
    .refine((text) => (parseDuration(text) ?? MAX_DELAY_MS + 1) <= MAX_DELAY_MS, 'a duration of at most 1h')
    .default('0s'),
  families: z
    .array(z.enum(EVENT_FAMILIES))
    .min(1)
    .default([...EVENT_FAMILIES]),
})

export const queuesSchema = z
  .array(queueSchema)
  .max(MAX_QUEUES)
  .refine((queues) => new Set(queues.map(({ name }) => name)).size === queues.length, 'two queues have the same name')

export const eventRulesSchema = z.array(ruleSchema).max(MAX_RULES)

/** Body of `PUT /queues/NAME`. Without fields it restores a deleted queue. */
export const putQueueSchema = z.strictObject(queueFields)

/** Body of `POST /queues/NAME`. */
export const sendMessagesSchema = z.strictObject({ bodies: z.array(z.string().max(65_536)).min(1).max(10_000) })
