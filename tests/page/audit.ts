// What is wrong with how the page can be read and used.
import type { Page } from "@playwright/test";
import axe from "axe-core";

/** What axe finds wrong, a line a rule and element. */
export async function audit(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run(document));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`));
}

/** Controls without a name. */
export function namelessControls(): string[] {
  const named = (element: Element) =>
    element.textContent?.trim() ||
    element.getAttribute("aria-label") ||
    element.getAttribute("aria-labelledby") ||
    element.closest("label")?.textContent?.trim() ||
    (element.id && document.querySelector(`label[for="${element.id}"]`));
  const controls = [...document.querySelectorAll("button, a, input, select, textarea, [role=slider], [tabindex='0']")];
  return controls.filter((element) => !named(element)).map((element) => element.outerHTML.slice(0, 120));
}

/** Texts whose contrast with what is painted behind them is below 4.5 (3 for large text). */
export function faintTexts(): string[] {
  const parse = (colour: string) => {
    const numbers = colour.match(/[\d.]+/g)!.map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const light = ([r, g, b]: number[]) => {
    const linear = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0.99) return rgb;
    }
    return [255, 255, 255];
  };
  const faint: string[] = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent!.trim());
    const style = getComputedStyle(element);
    const isDisabled = element.closest(":disabled, [aria-disabled=true]");
    if (text.length === 0 || isDisabled || style.visibility === "hidden" || element.closest(".hidden, svg, canvas")) continue;
    if ((element as HTMLElement).offsetParent === null) continue;
    const [front, back] = [light(parse(style.color).rgb), light(ground(element))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (contrast < least) faint.push(`${contrast.toFixed(2)} ${element.outerHTML.slice(0, 100)}`);
  }
  return faint;
}
