/** What a signed request claims about its sender, in whichever of the two signature methods it was made. */
export interface SignatureClaim {
  readonly accessKeyId: string
  readonly securityToken: string | undefined
  /** ISO 8601 in UTC, to the second. */
  readonly date: string
  readonly nonce: string
  readonly signature: string
  readonly stringToSign: string
  /** The signature that the holder of `secret` would have made. */
  sign(secret: string): string
}
