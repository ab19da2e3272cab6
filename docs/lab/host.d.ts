/** What the model takes from its host, a browser or Node.js alike; it knows nothing else of either. */
declare class URLSearchParams {
  constructor(text: string);
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  delete(name: string): void;
  keys(): IterableIterator<string>;
}
