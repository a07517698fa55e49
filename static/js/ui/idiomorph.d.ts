// idiomorph comes without types (jsconfig.json sends its name here); this is the part of it that morph.js uses.
export const Idiomorph: {
  morph(
    old: Element,
    fresh: Element | string,
    config: {
      morphStyle: "outerHTML" | "innerHTML";
      ignoreActiveValue?: boolean;
      restoreFocus?: boolean;
      callbacks?: {
        beforeNodeMorphed?: (old: Node, fresh: Node) => boolean;
        beforeNodeRemoved?: (old: Node) => boolean;
        beforeAttributeUpdated?: (name: string, element: Element, change: "update" | "remove") => boolean;
      };
    },
  ): void;
};
