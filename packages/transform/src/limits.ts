/** Limits of this package. Exceeding one is an error; nothing is truncated. */
export const TRANSFORM_LIMITS = {
  /** Bytes of a document that is parsed. A Kubernetes Secret holds no more. */
  documentBytes: 1_048_576,
  /** Bytes of one document that is parsed as YAML: its parser takes up to 5 µs a byte, and a KMS secret has 30,720 bytes. */
  yamlBytes: 32_768,
  /** Bytes of all documents of one resource: as many as a spec has entries, each as large as KMS allows. */
  documentsBytes: 12_582_912,
  /** Bytes of all documents of one resource that are parsed as YAML. */
  yamlDocumentsBytes: 2_097_152,
  /** Nesting depth of mappings and lists. */
  documentDepth: 64,
  /** Values of a YAML document after its aliases and merge keys are resolved. */
  yamlNodes: 100_000,
  /** Top-level members that become keys. */
  keys: 4_096,
  /** Bytes of all selected and extracted values of one resource. */
  outputBytes: 1_048_576,
  /** UTF-16 units of a JMESPath expression. */
  pathLength: 1_024,
  /** UTF-16 units of all JMESPath expressions of one resource: compiling takes up to 1 µs a unit. */
  pathsLength: 262_144,
  /**
   * Work of all JMESPath evaluations of one resource: one for each step, for each list item or character made, and for
   * 16 characters looked at. Takes at most 0.2 s.
   */
  pathSteps: 2_000_000,
  /** Rules of one `replaceRule` list. */
  rules: 32,
  /** UTF-16 units of a rule's `source` and of its `target`. */
  ruleLength: 1_024,
  /** The different `source`s of all rules of one resource, as `regexCost` of core counts them: compiling takes up to 3 µs a unit. */
  rulesCost: 32_768,
  /** Instructions of a rule's compiled regular expression. */
  ruleProgram: 2_000,
  /**
   * Work of all key rules of one resource: instructions of a regular expression times the characters that each of its
   * searches may look at. Takes at most 0.2 s.
   */
  ruleSteps: 10_000_000,
  /** The same for the regular expressions that select names of secrets. Takes at most 1 s. */
  nameSteps: 50_000_000,
  /** UTF-16 units of a key name, before and after each rule. Kubernetes allows 253. */
  keyLength: 1_024,
} as const
