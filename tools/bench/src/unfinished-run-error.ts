/** The run ends without its figures, for a reason that needs no stack. */
export class UnfinishedRunError extends Error {}
