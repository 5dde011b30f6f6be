/** Why an expression has no result on a document. The message has types and function names, never a value. */
export class PathFailure extends Error {}
