import { iso31661, iso31662 } from 'iso-3166'

const countries = new Map(iso31661.map((country) => [country.alpha2, country.name]))
const subdivisions = new Map<string, Map<string, string>>()
for (const { code, name } of iso31662) {
  const country = code.slice(0, 2)
  const known = subdivisions.get(country) ?? new Map<string, string>()
  // `US-TX`, `TX` and `Texas` all mean the same.
  for (const spelling of [code, code.slice(3), name]) {
    const folded = fold(spelling)
    if (!known.has(folded)) known.set(folded, code)
  }
  subdivisions.set(country, known)
}

/** A country's name in English, or its code when it is unknown. */
export function countryName(code: string): string {
  return countries.get(code) ?? code
}

/** ISO 3166-1 alpha-2 in upper case, or undefined when there is no such country. */
export function resolveCountry(spelling: string): string | undefined {
  const code = spelling.trim().toUpperCase()
  return countries.has(code) ? code : undefined
}

/**
 * The ISO 3166-2 code of a subdivision that is named by code or by name, whatever its case and accents; the text as it
 * is for a country that has no subdivisions; undefined when the country has some and this is none of them.
 */
export function resolveState(country: string, spelling: string): string | undefined {
  const known = subdivisions.get(country)
  return known === undefined ? spelling.trim() : known.get(fold(spelling))
}

function fold(spelling: string): string {
  return spelling
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .trim()
    .toLowerCase()
}
