/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly description: string
  readonly jsonPath: string
  /** Above 0: shown only with `-o wide`. */
  readonly priority?: number
}

export const ready: readonly PrinterColumn[] = [
  {
    name: 'Ready',
    type: 'string',
    description: 'Status of the Ready condition.',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  },
  {
    name: 'Reason',
    type: 'string',
    description: 'Reason of the Ready condition.',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
  },
]

export const message: PrinterColumn = {
  name: 'Message',
  type: 'string',
  description: 'Message of the Ready condition: the cause and the fix.',
  jsonPath: '.status.conditions[?(@.type=="Ready")].message',
  priority: 1,
}

export const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: 'Age of the resource.',
  jsonPath: '.metadata.creationTimestamp',
}
