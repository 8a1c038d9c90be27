import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'

/**
 * Parses a phone number in the national form of a country or in international form.
 * @param country ISO 3166-1 alpha-2.
 * @returns E.164, with `;ext=` and the extension if there is one; undefined when the text cannot be a phone number.
 */
export function normalisePhoneNumber(text: string, country: string): string | undefined {
  const number = parsePhoneNumberFromString(text, {
    ...(isSupportedCountry(country) ? { defaultCountry: country } : {}),
    extract: false,
  })
  if (number === undefined || !number.isPossible()) return undefined
  return number.ext === undefined ? number.number : `${number.number};ext=${number.ext}`
}
