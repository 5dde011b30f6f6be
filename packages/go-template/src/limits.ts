/** Bounds of one request and of the engine; whatever is over one of them is an error, nothing is cut short. */
export const TEMPLATE_LIMITS = {
  /** Templates of one request. */
  templates: 1_024,
  /** Text of all templates of a request together, in bytes. */
  templateBytes: 1_048_576,
  /** Keys and values of a request together, in bytes. */
  dataBytes: 4_194_304,
  /** Outputs of a request together, in bytes: what a Secret can hold. */
  outputBytes: 1_048_576,
  /** Memory of the engine, Go's own included. */
  memoryBytes: 134_217_728,
} as const
