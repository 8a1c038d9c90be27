/** The names of the parameters of a text. A parameter is in braces: `'The organization {id} is {status}.'`. */
type ParameterOf<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never

/** A value for each parameter of these texts. */
export type ParametersOf<Text> = Readonly<Record<ParameterOf<Text>, string | number>>

/** The parameters of a text; absent for a text without parameters. */
export type Filling<Text> = [ParameterOf<Text>] extends [never]
  ? { parameters?: undefined }
  : { parameters: ParametersOf<Text> }

/** Replaces the parameters of a text by their values. A name without a value stays as it is, and so do braces in a value. */
export function fill(text: string, parameters: Readonly<Record<string, string | number>> = {}): string {
  return text.replaceAll(/\{(\w+)\}/g, (unknown, name: string) => String(parameters[name] ?? unknown))
}
