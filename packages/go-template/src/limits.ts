/** Limits of one request and of the engine. Exceeding one is an error; nothing is truncated. */
export const TEMPLATE_LIMITS = {
  /** Templates of one request. */
  templates: 1_024,
  /** Text of all templates of a request together, in bytes. */
  templateBytes: 1_048_576,
  /** Keys and values of a request together, in bytes. */
  dataBytes: 4_194_304,
  /** Outputs of a request together, in bytes: the maximum size of a Secret. */
  outputBytes: 1_048_576,
  /** Memory of the engine, including Go's runtime. */
  memoryBytes: 134_217_728,
} as const
