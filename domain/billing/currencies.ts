const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** @param code an ISO 4217 code, such as `USD`. */
export function isCurrency(code: string): boolean {
  return currencies.has(code)
}
